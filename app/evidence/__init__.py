"""What sources say, property by property, and where evidence is thin.

The texts of sources, and whether quotations match them, are `source_texts`'; what supports a statement is
defined in `records.evidence_support`.
"""
