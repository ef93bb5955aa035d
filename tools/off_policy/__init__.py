"""``shelfrank offpolicy``: what another policy would have earned, from a log."""
