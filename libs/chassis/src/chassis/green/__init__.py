"""The nameko side. Only entry points import it, in a process that `chassis.cli` has patched before anything else."""

from chassis.green.caller import RpcCaller
from chassis.green.consumer import consume_events
from chassis.green.rpc import many, rpc
from chassis.green.runner import Application, Runtime, run

__all__ = ["Application", "RpcCaller", "Runtime", "consume_events", "many", "rpc", "run"]
