"""Lists from who clicked and bought what: neighbours of items, popularity with decay, and items clicked for a query."""
