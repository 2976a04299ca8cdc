"""The data layer: landing, sample, forecasts, savings, metrics and pages around the dbt project."""
