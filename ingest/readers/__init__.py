"""One file a kind of source. Readers turn what a source sends into records; they store nothing."""
