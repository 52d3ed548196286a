"""HTTP alone: routes, negotiation, problems, bodies and the edge around them."""
