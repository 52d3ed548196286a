from format_items import battle

__all__ = ["battle"]
