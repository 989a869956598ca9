"""The write side: polls feeds and quotes on a schedule into the ledger and the index. Importing it does nothing."""
