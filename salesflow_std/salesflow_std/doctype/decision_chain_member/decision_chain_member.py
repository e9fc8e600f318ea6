from salesflow_std.salesflow_std.rows import RowOfDocument


class DecisionChainMember(RowOfDocument):
	pass
