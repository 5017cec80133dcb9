"""`python -m lanedesk`."""

from lanedesk.cli import main

main()
