"""The data set dSprites (Matthey et al. 2017), in its published .npz file."""

from unweave.data.files.find import Files
from unweave.data.formats.npz import read
from unweave.data.source import Source

FILE = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
ADDRESS = "https://github.com/google-deepmind/dsprites-dataset"

SOURCE = Source(
    name="dsprites",
    description="dSprites: 2D shapes, 64 x 64, five known factors",
    kind="images",
    licence="Apache-2.0",
    read=read,
    files=Files(
        (f"dsprites/{FILE}", FILE, "dsprites/dsprites_downsampled.npz"),
        fetched=(
            (
                f"{ADDRESS}/raw/master/{FILE}",
                "857dc001287e8efa226e0025fac6b29e5745c621b380b0d3363e4e33f4e28fa2",
            ),
        ),
        origin=ADDRESS,
    ),
)
