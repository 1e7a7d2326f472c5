"""`python -m contrast`."""

from contrast.cli import main

main()
