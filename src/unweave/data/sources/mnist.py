"""MNIST (LeCun et al. 1998), in its four idx files or Keras's one."""

from unweave.data.files.find import Files
from unweave.data.formats.mnist import IMAGES, LABELS, holds_mnist, read
from unweave.data.source import Source

ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist"
_SHA256 = {
    IMAGES[0]: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    LABELS[0]: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    IMAGES[1]: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    LABELS[1]: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

SOURCE = Source(
    name="mnist",
    description="70,000 handwritten digits, 28 x 28",
    kind="images",
    licence="CC BY-SA 3.0",
    read=read,
    files=Files(
        ("mnist",),
        needed=(*IMAGES, *LABELS),
        fetched=tuple((f"{ADDRESS}/{name}.gz", digest) for name, digest in _SHA256.items()),
        holds=holds_mnist,
        origin=ADDRESS,
    ),
)
