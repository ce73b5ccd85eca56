package commitments

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// LinuxUNIX is the only platform on which Reserved Instances of EC2 are size-flexible; RHEL, SUSE and Windows are others.
const LinuxUNIX = "Linux/UNIX"

// DefaultTenancy is shared hardware, the only tenancy with size flexibility.
const DefaultTenancy = "default"

// rigidFamilies have regional Reserved Instances without size flexibility ("How Reserved Instance discounts are applied",
// Limitations). AWS adds families over the years: the list is to be compared with the page.
var rigidFamilies = []string{"g4ad", "g4dn", "g5", "g5g"}

// flexibleEngines are the engines, spelled as by RDS, whose reserved DB instances apply to every size ("Reserved DB instances for
// Amazon RDS", and the same page for Aurora). Oracle is flexible with one's own licence only, which its engine's name does not
// tell: "-byol" is to be appended. License-included Oracle and SQL Server are not flexible.
var flexibleEngines = []string{"mariadb", "mysql", "postgres", "postgresql", "aurora-mysql", "aurora-postgresql", "oracle-ee-byol", "oracle-se2-byol"}

// Factor returns the normalised units of one hour of an instance type, such as 8 for m5.xlarge and 16 for db.m5.xlarge with
// Multi-AZ; false for sizes without a fixed factor, such as metal, for which the bill's own factor must be taken.
//
// Sources: "How Reserved Instance discounts are applied" (EC2 User Guide), "Reserved DB instances for Amazon RDS" (RDS User
// Guide; Multi-AZ counts twice). Nxlarge is 8N throughout both tables.
func Factor(instanceType string, multiAZ bool) (decimal.Decimal, bool) {
	size := instanceType[strings.LastIndex(instanceType, ".")+1:]
	quarters, known := map[string]int64{"nano": 1, "micro": 2, "small": 4, "medium": 8, "large": 16, "xlarge": 32}[size]
	if times, many := strings.CutSuffix(size, "xlarge"); many && times != "" {
		n, err := strconv.ParseUint(times, 10, 16)
		quarters, known = 32*int64(n), err == nil && n > 0
	}
	if multiAZ {
		quarters *= 2
	}
	return decimal.NewFromInt(quarters).Mul(decimal.New(25, -2)), known
}

// Flexible says whether the reservation covers every size of its family, by normalised units, and not just its exact type.
func (r Reservation) Flexible() bool {
	p := r.Product
	if p.Zone != "" || !p.Factor.IsPositive() {
		return false
	}
	switch p.Compute {
	case EC2:
		return p.Platform == LinuxUNIX && p.Tenancy == DefaultTenancy && !slices.Contains(rigidFamilies, p.Family)
	case Database:
		return slices.Contains(flexibleEngines, p.Platform)
	default:
		return false
	}
}

// zonal says whether the reservation is bound to one Availability Zone.
func (r Reservation) zonal() bool { return r.Product.Zone != "" }

// pool is the usage that a reservation looks at: a family for a flexible one, else the exact product.
func (r Reservation) pool() Product {
	if r.Flexible() {
		return r.Product.family()
	}
	exact := r.Product
	exact.Factor = decimal.Decimal{}
	return exact
}

// pools yields those in which usage of the product can be found by a reservation.
func (p Product) pools(yield func(Product) bool) {
	zonal := p
	zonal.Factor = decimal.Decimal{}
	regional := zonal
	regional.Zone = ""
	if !yield(regional) || zonal.Zone != "" && !yield(zonal) || p.Factor.IsPositive() && !yield(p.family()) {
		return
	}
}

// family leaves what a size-flexible reservation must match: "the only attributes that must be matched are the instance family,
// tenancy, and platform" (and the region); for databases engine and family, Multi-AZ or not.
func (p Product) family() Product {
	return Product{Compute: p.Compute, Region: p.Region, Family: p.Family, Platform: p.Platform, Tenancy: p.Tenancy}
}
