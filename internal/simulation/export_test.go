package simulation

import "offpeak/internal/fleet"

// Terminate ends a resource now, as a person does.
func (w *World) Terminate(arn fleet.ARN) { w.machines[arn].terminate(w, author{by: ByPerson}, byUser) }
