"""Making an expert-annotated set: plan, sheets, agreement, adjudication, export."""
