"""Papers about money: statements, remittance advices, invoices of commission, sellers' invoices to buyers."""
