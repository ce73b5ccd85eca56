package reporting

import (
	"encoding/json"
	"fmt"
)

// The names of what lies beside a report, by which it can be made again.
const (
	InventoryFile = "inventory.json"
	OffersFile    = "spot-offers.json"
)

// File is something that lies beside a report.
type File struct {
	Name string
	Data []byte
}

// Beside writes what was looked up elsewhere than in ledger and bill, and what a report that is made again rests on: the inventory, and what Spot would cost. What there
// was none of has no file.
func (m *Made) Beside() (all []File, err error) {
	for _, part := range []struct {
		name  string
		there bool
		value any
	}{{InventoryFile, m.Inventory != nil, m.Inventory}, {OffersFile, m.Offers != nil, m.Offers}} {
		if !part.there {
			continue
		}
		data, err := json.Marshal(part.value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", part.name, err)
		}
		all = append(all, File{part.name, data})
	}
	return all, nil
}
