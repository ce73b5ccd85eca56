package plan

import (
	"fmt"

	"offpeak/internal/fleet"
)

// Misplaced returns the refusal of a resource whose environment is protected or not known. It is every planner's first.
func Misplaced(r *fleet.Resource, b fleet.Belonging) (code Code, why string, refused bool) {
	switch {
	case b.In == nil:
		return EnvironmentUnknown, fmt.Sprintf("neither account %s nor its tags belong to an environment of the policy", r.Scope.Account), true
	case b.Other != nil:
		return EnvironmentAmbiguous, fmt.Sprintf("it belongs to two environments, %s and %s; give it tags or an account of one", b.In.Name, b.Other.Name), true
	case b.In.Protected:
		return Protected, fmt.Sprintf("environment %s is protected; nothing in it is ever touched", b.In.Name), true
	default:
		return "", "", false
	}
}
