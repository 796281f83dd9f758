"""CelebA (Liu et al. 2015), in its official layout or Kaggle's."""

from unweave.data.files.find import Files
from unweave.data.formats.celeba import ARCHIVE, ATTRIBUTES, FORMAT, is_celeba_folder
from unweave.data.source import Source

SOURCE = Source(
    name="celeba",
    description="CelebA: faces of celebrities, cropped to 64 x 64, with 40 attributes",
    kind="images",
    licence="non-commercial research only (Liu et al. 2015)",
    read=FORMAT.read,
    options=FORMAT.options,
    files=Files(
        ("celeba",),
        needed=(ATTRIBUTES, ARCHIVE),
        holds=is_celeba_folder,
        origin="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    ),
)
