package objects_test

import (
	"testing"

	"offpeak/internal/objects"
	"offpeak/internal/optimizer/contract"
)

func TestMemoryIsAStore(t *testing.T) {
	t.Parallel()
	contract.Objects(t, func(*testing.T) objects.Store { return objects.NewMemory() })
}
