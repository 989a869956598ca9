"""How large each proof is: the first number in `make test`, the second in `make accept` (OPENINGBELL_ACCEPT set)."""

import os

ACCEPT = "OPENINGBELL_ACCEPT" in os.environ


def _of(reduced: int, full: int) -> int:
    return full if ACCEPT else reduced


# Ingest that is killed, writes that fail, disks that change what they hold
KILLS = _of(30, 200)  # at random instants, and as many between a commit and the save of its validators
UPGRADE_STEP = _of(15, 1)  # an upgrade of the schema dies before every n-th of its statements, some 80
RESTORE_STEP = _of(15, 2)  # likewise a restore
WRITE_STEP = _of(6, 1)  # every n-th write of a run fails, one a run
DISK_SIZES = _of(6, 20)
REBUILDS = _of(4, 20)  # of an index, each killed after a step
INGESTS = _of(90, 10_000)  # of a store that ends as large as what it holds
RECALL_STORIES = _of(100, 4_000)  # in an index of which some are looked for
BACKUPS = _of(3, 20)  # taken while another writes, and restored
FLIPS = _of(40, 300)  # bits
PAGE_STEP = _of(12, 1)  # every n-th page of the ledger's file is lost, one at a time
READERS, READING_SECONDS, READING_BATCHES = 8, 30, 20  # beside a writer: for these seconds in full, else these batches
FETCH_SECONDS = _of(3, 20)  # that a feed has which never ends; 20 is the product's

HEADERS = _of(100, 500)  # drawn: what servers say of when to come back
FEEDS = _of(10, 100)  # polled again and again
TAGS = _of(8_000, 79_900)  # of one document: in full about as many as pass

# Workers on one queue
WORKER_HOSTS, WORKER_FEEDS, WORKER_KILLS = _of(3, 12), _of(3, 10), _of(2, 20)  # feeds a host; kills of two workers

# Hostile text
VECTORS = _of(60, 300)  # scripts and links
TITLES = _of(300, 10_000)  # on a terminal and in error lines
BRIEFING_TITLES = _of(60, 10_000)
PAYLOAD_STEP = _of(5, 1)  # every n-th to each command that takes one
COMMAND_TITLES = _of(40, 400)  # in one store, each command over all of them
POISONED = _of(10, 25)  # articles of each of eight kinds
POISONED_AMONG = _of(200, 2_000)  # articles of one store, five of them poisoned alike
BIPIA_STEP = _of(3, 1)  # every n-th of its attacks

# Real prices
SERIES_STEP = _of(17, 1)  # every n-th symbol, polled day by day
SPLITS = _of(3, 20)  # days of each symbol on which one is invented
CORRUPT = _of(60, 200)  # histories of which some cells are broken
READ_AT_ONCE, SYMBOLS = _of(8, 20), _of(20, 50)  # threads, and what they read
