from salesflow_std.salesflow_std.rows import RowOfDocument


class AccountPlanReview(RowOfDocument):
	pass
