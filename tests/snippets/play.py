"""A game in Python: python play.py FOLDER_OF_SNIPPET URL APP_KEY SECONDS"""

import sys

sys.path.insert(0, sys.argv[1])

from tstats import TStats

stats = TStats(*sys.argv[2:4])
stats.event("Game started")
stats.event("größe / 100%?", {"level": 3, "words": ["日本", None]})
stats.event("FPS", 59.9)
stats.event("round", {"itself": 1})
stats.close(float(sys.argv[4]))
