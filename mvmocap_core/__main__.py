"""`python -m mvmocap_core` is the `mvmocap` command."""

import sys

from mvmocap_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
