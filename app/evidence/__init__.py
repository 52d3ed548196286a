"""What sources say, property by property, and where evidence is thin.

Texts of sources, and whether quotations match them, are `source_texts`'.
"""
