"""Forecasts of daily energy use, one metering point at a time."""

from data_layer.forecast.energy import ForecastReport, forecast_energy

__all__ = ["ForecastReport", "forecast_energy"]
