"""Where records are kept: tables, engines, and the derivation of index rows from documents."""
