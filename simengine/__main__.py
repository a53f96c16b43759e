"""`python -m simengine`."""

import sys

from simengine.cli.main import main

sys.exit(main())
