from salesflow_std.salesflow_std.rows import RowOfDocument


class KPIScoreLine(RowOfDocument):
	pass
