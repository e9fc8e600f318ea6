from salesflow_std.salesflow_std.rows import RowOfDocument


class SalesProcessGate(RowOfDocument):
	pass
