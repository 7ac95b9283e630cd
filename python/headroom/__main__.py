"""`python -m headroom`: the command line."""

from headroom.cli import main

main()
