"""Pages for people: start page, savings report, metrics and documentation. Each is one file and needs no network."""

from data_layer.site.build import SiteReport, build_site

__all__ = ["SiteReport", "build_site"]
