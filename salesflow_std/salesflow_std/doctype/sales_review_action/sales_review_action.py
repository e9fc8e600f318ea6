from salesflow_std.salesflow_std.rows import RowOfDocument


class SalesReviewAction(RowOfDocument):
	pass
