from salesflow_std.salesflow_std.rows import RowOfDocument


class ProposalItem(RowOfDocument):
	pass
