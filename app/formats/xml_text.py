"""Text in XML 1.0, which cannot hold every character that a record can."""

from xml.sax.saxutils import escape, quoteattr


def xml_text(text: str) -> str:
    """Escape text for XML 1.0, with what XML cannot hold (§2.2) replaced by U+FFFD."""
    return escape(
        "".join(one if _in_xml(one) else "\ufffd" for one in text) if not text.isprintable() else text
    )


def xml_attribute(text: str) -> str:
    """Quote an attribute for XML 1.0, with what XML cannot hold (§2.2) replaced by U+FFFD."""
    return quoteattr("".join(one if _in_xml(one) else "\ufffd" for one in text))


def _in_xml(character: str) -> bool:
    return character in "\t\n\r" or (
        character >= " " and not "\ud800" <= character <= "\udfff" and character not in "\ufffe\uffff"
    )
