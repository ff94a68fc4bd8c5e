"""The one set of tables that lending's migrations are compared with."""

from libs.chassis.database import new_metadata

metadata = new_metadata()
