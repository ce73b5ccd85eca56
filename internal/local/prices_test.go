package local_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

func TestReadPrices(t *testing.T) {
	t.Parallel()
	const csv = "region,type,product,multi_az,usd_per_hour\n"
	for _, row := range []struct{ name, text, want string }{
		{"CSV", csv + "ap-northeast-2,m5.large,Linux/UNIX,,0.118\n", "ap-northeast-2 m5.large Linux/UNIX 0.118"},
		{"several zones", csv + "ap-northeast-2,db.m5.large,mysql,true,0.472\nap-northeast-2,db.m5.large,mysql,no,0.236\n", "ap-northeast-2 db.m5.large mysql 0.236; ap-northeast-2 db.m5.large mysql multi-az 0.472"},
		{"columns in another order, and without product", "usd_per_hour,type,region\n0.118,m5.large,ap-northeast-2\n", "ap-northeast-2 m5.large  0.118"},
		{"from Windows, with spaces and an empty line", "\ufeffregion, type, usd_per_hour\r\n\r\n ap-northeast-2 , m5.large , 0.118 \r\n", "ap-northeast-2 m5.large  0.118"},
		{"quoted", csv + `ap-northeast-2,m5.large,"Windows, with SQL Server",,"0.118"`, "ap-northeast-2 m5.large Windows, with SQL Server 0.118"},
		{"the same price twice", csv + "ap-northeast-2,m5.large,,,0.1\nap-northeast-2,m5.large,,,0.10\n", "ap-northeast-2 m5.large  0.1"},
		{"free of charge", csv + "ap-northeast-2,m5.large,,,0\n", "ap-northeast-2 m5.large  0"},
		{"a header alone", csv, ""},
		{"JSON", `[{"region": "ap-northeast-2", "type": "db.m5.large", "product": "mysql", "multi_az": true, "usd_per_hour": "0.472"}]`, "ap-northeast-2 db.m5.large mysql multi-az 0.472"},
		{"JSON that leaves out what it may", "\n[{\"region\": \"us-gov-west-1\", \"type\": \"m5.large\", \"usd_per_hour\": \"0.1\"}]\n", "us-gov-west-1 m5.large  0.1"},
		{"an empty list", `[]`, ""},
	} {
		prices, err := local.ReadPrices("prices", strings.NewReader(row.text))
		if got := inWords(prices); err != nil || got != row.want {
			t.Errorf("%s: got %q, %v; want %q", row.name, got, err, row.want)
		}
	}
}

func inWords(prices fleet.Prices) string {
	var words []string
	for key := range maps.Keys(prices) {
		zones := ""
		if key.MultiAZ {
			zones = "multi-az "
		}
		words = append(words, string(key.Region)+" "+key.Type+" "+key.Product+" "+zones+prices[key].String())
	}
	slices.Sort(words)
	return strings.Join(words, "; ")
}

func TestRefusesBrokenPrices(t *testing.T) {
	t.Parallel()
	const csv = "region,type,product,multi_az,usd_per_hour\n"
	for _, row := range []struct{ name, text, want string }{
		{"nothing", "", "prices: is empty; a price list in CSV (region,type,product,multi_az,usd_per_hour) or JSON was expected"},
		{"a column that nobody knows", "region,type,eur_per_hour\n", `prices: line 1: the column "eur_per_hour" is not known (columns are region, type, product, multi_az, usd_per_hour, separated by commas)`},
		{"semicolons", "region;type;usd_per_hour\n", `prices: line 1: the column "region;type;usd_per_hour" is not known (columns are region, type, product, multi_az, usd_per_hour, separated by commas)`},
		{"a column twice", "region,type,usd_per_hour,type\n", `prices: line 1: the column "type" stands twice`},
		{"no price column", "region,type\n", `prices: line 1: the column "usd_per_hour" is missing`},
		{"no price", csv + "ap-northeast-2,m5.large,,,\n", "prices: line 2, usd_per_hour: missing (expected a price such as 0.118)"},
		{"a negative price", csv + "ap-northeast-2,m5.large,,,-1\n", `prices: line 2, usd_per_hour: "-1": a price cannot be negative`},
		{"won", csv + "ap-northeast-2,m5.large,,,₩158\n", `prices: line 2, usd_per_hour: "₩158" is not an amount in dollars (write 0.0416)`},
		{"no type", csv + "ap-northeast-2,,,,0.1\n", "prices: line 2, type: missing (expected a type such as m5.large or db.r6g.large)"},
		{"no region", csv + ",m5.large,,,0.1\n", "prices: line 2, region: missing (expected a region such as ap-northeast-2)"},
		{"a region by its name", csv + "Seoul,m5.large,,,0.1\n", `prices: line 2, region: is "Seoul" (expected a region such as ap-northeast-2)`},
		{"neither true nor false", csv + "ap-northeast-2,m5.large,,2,0.1\n", `prices: line 2, multi_az: is "2" (expected true, false or nothing)`},
		{"too few columns", csv + "ap-northeast-2,m5.large\n", "prices: record on line 2: wrong number of fields"},
		{"a quote that does not end", csv + `ap-northeast-2,"m5.large` + "\n", `prices: parse error on line 2, column 26: extraneous or missing " in quoted-field`},
		{"two prices", csv + "ap-northeast-2,m5.large,,,0.1\nap-northeast-2,c5.large,,,0.1\nap-northeast-2,m5.large,,false,0.2\n", "prices: line 4, usd_per_hour: is 0.2, but line 2 says 0.1 for the same"},
		{"JSON: a number", `[{"region": "ap-northeast-2", "type": "m5.large", "usd_per_hour": 0.1}]`, "prices: $[0].usd_per_hour: is a number (expected text)"},
		{"JSON: an unknown name", `[{"region": "ap-northeast-2", "typ": "m5.large"}]`, "prices: $[0].typ: is not known here"},
		{"JSON: an object", `{"m5.large": "0.1"}`, "prices: $: is an object (expected a list)"},
		{"JSON: two prices", `[{"region": "us-east-1", "type": "a", "usd_per_hour": "1"}, {"region": "us-east-1", "type": "a", "usd_per_hour": "2"}]`, "prices: $[1].usd_per_hour: is 2, but $[0] says 1 for the same"},
		{"JSON: cut off", `[{"region": "us-east-1"`, "prices: $[0]: the text ends here, in line 1, in the middle of things: it was cut off"},
		{"JSON: broken", "[\n{\"region\": us-east-1}]", "prices: $[0].region: line 2, byte 13: invalid character 'u' at start of value"},
		{"JSON: two lists", `[] []`, "prices: document 2, $: a price list is one JSON document, and another follows"},
		{"JSON: something after it", `[] x`, "prices: document 2, $: line 1, byte 3: invalid character 'x' at start of value"},
	} {
		prices, err := local.ReadPrices("prices", strings.NewReader(row.text))
		if err == nil || err.Error() != row.want || prices != nil {
			t.Errorf("%s:\ngot  %v\nwant %s", row.name, err, row.want)
		}
	}
}
