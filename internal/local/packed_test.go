package local_test

import (
	"testing"

	"offpeak/internal/local"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer/contract"
)

func TestPacked(t *testing.T) {
	t.Parallel()
	contract.Objects(t, func(*testing.T) objects.Store { return local.NewPacked() })
}
