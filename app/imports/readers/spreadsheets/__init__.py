"""Reading spreadsheets: each sheet is a table, read row by row.

Here belong what the files are made of, what their cells mean as text, and which sheets are tables of records. What the
columns of those mean is the rule of `app.formats.tables.columns`; what other tables mean, that of a mapping.
"""

from app.imports.readers.spreadsheets.errors import BadSpreadsheet
from app.imports.readers.spreadsheets.file_type import FORMAT, open_spreadsheet
from app.imports.readers.spreadsheets.sheet_rows import Workbook
from app.imports.readers.spreadsheets.tables import only_sheet, read_sheet, sheets_of_records, table_rows

__all__ = [
    "FORMAT",
    "BadSpreadsheet",
    "Workbook",
    "only_sheet",
    "open_spreadsheet",
    "read_sheet",
    "sheets_of_records",
    "table_rows",
]
