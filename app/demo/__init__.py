"""The demo world: who takes part, what is offered, who asks. All of it fictional."""
