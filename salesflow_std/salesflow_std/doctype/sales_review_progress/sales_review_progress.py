from salesflow_std.salesflow_std.rows import RowOfDocument


class SalesReviewProgress(RowOfDocument):
	pass
