"""What is derived from documents: the rows of every index, made in one function, inserted and deleted.

Rows are keyed (record, view), so that reading the database as a source has it is the same query over
another view. They can be deleted and derived again at any time (`annals reindex`).

Overlap with a span of days is a condition on two columns, which no B-tree index answers well: it would read
everything that began before. So entries are indexed by span class, by how long their span is. Within a
class a start can lie only so far back, which bounds the range that is read.
"""
