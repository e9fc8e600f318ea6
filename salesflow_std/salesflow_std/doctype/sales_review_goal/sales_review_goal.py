from salesflow_std.salesflow_std.rows import RowOfDocument


class SalesReviewGoal(RowOfDocument):
	pass
