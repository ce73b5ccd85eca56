package migrate

import (
	"fmt"
	"os"
	"testing"
)

func TestSmoke(t *testing.T) {
	for _, f := range os.Args {
		_ = f
	}
	d, _ := os.ReadFile(os.Getenv("F"))
	fn := InstanceScheduler
	if os.Getenv("C") != "" {
		fn = CloudCustodian
	}
	y, fs, err := fn(os.Getenv("F"), d, Options{SkipInvalid: os.Getenv("S") != "", Stack: os.Getenv("STACK")})
	fmt.Println(string(y))
	for _, f := range fs {
		fmt.Println(f)
	}
	fmt.Println("ERR", err)
}
