"""``python -m unweave``, which is also what ``torchrun -m unweave`` starts."""

from unweave.cli import main

if __name__ == "__main__":
    main()
