package pricelist_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// products are answers of GetProducts as AWS gives them, with attributes left out that nobody looks at and one reserved term of many.
var products = []string{
	`{"product":{"productFamily":"Compute Instance","attributes":{"memory":"8 GiB","vcpu":"2","capacitystatus":"Used","locationType":"AWS Region","storage":"EBS only",
		"instanceFamily":"General purpose","operatingSystem":"Linux","regionCode":"ap-northeast-2","servicename":"Amazon Elastic Compute Cloud","instanceType":"m5.large","tenancy":"Shared",
		"usagetype":"APN2-BoxUsage:m5.large","servicecode":"AmazonEC2","licenseModel":"No License required","preInstalledSw":"NA","location":"Asia Pacific (Seoul)","marketoption":"OnDemand",
		"operation":"RunInstances","availabilityzone":"NA"},"sku":"LINUXM5LARGE0001"},"serviceCode":"AmazonEC2","terms":{
		"OnDemand":{"LINUXM5LARGE0001.JRTCKXETXF":{"priceDimensions":{"LINUXM5LARGE0001.JRTCKXETXF.6YS6EN2CT7":{"unit":"Hrs","endRange":"Inf",
			"description":"$0.118 per On Demand Linux m5.large Instance Hour","appliesTo":[],"rateCode":"LINUXM5LARGE0001.JRTCKXETXF.6YS6EN2CT7","beginRange":"0","pricePerUnit":{"USD":"0.1180000000"}}},
			"sku":"LINUXM5LARGE0001","effectiveDate":"2026-11-01T00:00:00Z","offerTermCode":"JRTCKXETXF","termAttributes":{}}},
		"Reserved":{"LINUXM5LARGE0001.4NA7Y494T4":{"priceDimensions":{"LINUXM5LARGE0001.4NA7Y494T4.6YS6EN2CT7":{"unit":"Hrs","endRange":"Inf",
			"description":"Linux/UNIX (Amazon VPC), m5.large reserved instance applied","appliesTo":[],"rateCode":"LINUXM5LARGE0001.4NA7Y494T4.6YS6EN2CT7","beginRange":"0","pricePerUnit":{"USD":"0.0740000000"}}},
			"sku":"LINUXM5LARGE0001","effectiveDate":"2026-11-01T00:00:00Z","offerTermCode":"4NA7Y494T4","termAttributes":{"LeaseContractLength":"1yr","OfferingClass":"standard","PurchaseOption":"No Upfront"}}}},
		"version":"20261119174205","publicationDate":"2026-11-19T17:42:05Z"}`,
	ec2("WINDOWSM5LARGE01", "m5.large", "RunInstances:0002", "APN2-BoxUsage:m5.large", `"operatingSystem":"Windows"`, "0.2100000000"),
	ec2("SQLSTDM5LARGE001", "m5.large", "RunInstances:0006", "APN2-BoxUsage:m5.large", `"operatingSystem":"Windows","preInstalledSw":"SQL Std"`, "0.6900000000"),
	ec2("RHELM5LARGE00001", "m5.large", "RunInstances:0010", "APN2-BoxUsage:m5.large", `"operatingSystem":"RHEL"`, "0.1468000000"),
	ec2("SUSEM5LARGE00001", "m5.large", "RunInstances:000g", "APN2-BoxUsage:m5.large", `"operatingSystem":"SUSE"`, "0.1743000000"),
	// Products that have the attributes that are asked for, and are others.
	ec2("OUTPOSTM5LARGE01", "m5.large", "RunInstances", "APN2-BoxUsage:m5.large", `"locationType":"AWS Outposts"`, "0.0500000000"),
	ec2("BLOCKM5LARGE0001", "m5.large", "RunInstances", "APN2-BoxUsage:m5.large", `"marketoption":"CapacityBlock"`, "0.0600000000"),
	ec2("UNUSEDM5LARGE001", "m5.large", "RunInstances", "APN2-UnusedBox:m5.large", `"operatingSystem":"Linux"`, "0.0700000000"),
	ec2("ZEROM5LARGE00001", "m5.large", "RunInstances", "APN2-BoxUsage:m5.large", `"operatingSystem":"Linux"`, "0.0000000000"),

	database("AmazonRDS", "22GTWH3M7MMRFZQ9", "db.m5d.8xlarge", "Multi-AZUsage:db.m5d.8xl", `"databaseEngine":"Oracle","databaseEdition":"Enterprise","licenseModel":"Bring your own license","deploymentOption":"Multi-AZ"`, "8.8510000000"),
	database("AmazonRDS", "PGSINGLEM6G00001", "db.m6g.large", "InstanceUsage:db.m6g.large", `"databaseEngine":"PostgreSQL","licenseModel":"No license required","deploymentOption":"Single-AZ"`, "0.1930000000"),
	database("AmazonRDS", "PGMULTIM6G000001", "db.m6g.large", "Multi-AZUsage:db.m6g.large", `"databaseEngine":"PostgreSQL","licenseModel":"No license required","deploymentOption":"Multi-AZ"`, "0.3860000000"),
	database("AmazonRDS", "PGSTANDBYM6G0001", "db.m6g.large", "Multi-AZClusterUsage:db.m6g.large", `"databaseEngine":"PostgreSQL","licenseModel":"No license required","deploymentOption":"Multi-AZ (readable standbys)"`, "0.5200000000"),
	database("AmazonRDS", "AURORAPG00000001", "db.r6g.large", "InstanceUsage:db.r6g.large", `"databaseEngine":"Aurora PostgreSQL","licenseModel":"No license required","deploymentOption":"Single-AZ","storage":"EBS Only"`, "0.3130000000"),
	database("AmazonRDS", "AURORAPGIO000001", "db.r6g.large", "InstanceUsageIOOptimized:db.r6g.large", `"databaseEngine":"Aurora PostgreSQL","licenseModel":"No license required","deploymentOption":"Single-AZ","storage":"Aurora IO Optimization Mode"`, "0.4070000000"),
	database("AmazonRDS", "ORACLESE2LI00001", "db.m5.large", "InstanceUsage:db.m5.large", `"databaseEngine":"Oracle","databaseEdition":"Standard Two","licenseModel":"License included","deploymentOption":"Single-AZ"`, "0.5340000000"),
	database("AmazonRDS", "ORACLESE2BYOL001", "db.m5.large", "InstanceUsage:db.m5.large", `"databaseEngine":"Oracle","databaseEdition":"Standard Two","licenseModel":"Bring your own license","deploymentOption":"Single-AZ"`, "0.2360000000"),
	database("AmazonRDS", "ORACLEEE00000001", "db.m5.large", "InstanceUsage:db.m5.large", `"databaseEngine":"Oracle","databaseEdition":"Enterprise","licenseModel":"Bring your own license","deploymentOption":"Single-AZ"`, "0.2370000000"),
	database("AmazonRDS", "ORACLECUSTOM0001", "db.m5.large", "InstanceUsage:db.m5.large", `"databaseEngine":"Oracle","databaseEdition":"Enterprise","licenseModel":"Bring your own license","deploymentOption":"Single-AZ","deploymentModel":"Custom"`, "0.3010000000"),
	database("AmazonRDS", "SQLSERVERSE00001", "db.m5.large", "InstanceUsage:db.m5.large", `"databaseEngine":"SQL Server","databaseEdition":"Standard","licenseModel":"License included","deploymentOption":"Single-AZ"`, "1.0270000000"),
	database("AmazonDocDB", "DOCDB00000000001", "db.r6g.large", "InstanceUsage:db.r6g.large", `"databaseEngine":"Amazon DocumentDB"`, "0.3160000000"),
	database("AmazonDocDB", "DOCDBIO000000001", "db.r6g.large", "InstanceUsageIOOptimized:db.r6g.large", `"databaseEngine":"Amazon DocumentDB"`, "0.3480000000"),
	database("AmazonNeptune", "NEPTUNE000000001", "db.r6g.large", "InstanceUsage:db.r6g.large", `"databaseEngine":"Amazon Neptune"`, "0.3960000000"),
}

func ec2(sku, kind, operation, usage, more, usd string) string {
	return item("AmazonEC2", sku, fmt.Sprintf(`"capacitystatus":"Used","tenancy":"Shared","instanceType":%q,"operation":%q,"usagetype":%q,%s`, kind, operation, usage, more), usd)
}

func database(service, sku, kind, usage, more, usd string) string {
	return item(service, sku, fmt.Sprintf(`"instanceType":%q,"usagetype":%q,%s`, kind, "APN2-"+usage, more), usd)
}

func item(service, sku, attributes, usd string) string {
	if !strings.Contains(attributes, "locationType") {
		attributes += `,"locationType":"AWS Region"`
	}
	return fmt.Sprintf(`{"product":{"attributes":{"servicecode":%q,"regionCode":"ap-northeast-2",%s},"sku":%q},"serviceCode":%q,"terms":{"OnDemand":{"%[3]s.JRTCKXETXF":{
		"priceDimensions":{"%[3]s.JRTCKXETXF.6YS6EN2CT7":{"unit":"Hrs","endRange":"Inf","beginRange":"0","pricePerUnit":{"USD":%[5]q}}},"effectiveDate":"2026-11-01T00:00:00Z"}}},
		"publicationDate":"2026-11-19T17:42:05Z"}`, service, attributes, sku, service, usd)
}

// list is the Price List API over the products: filters all have to match, pages hold two.
type list struct {
	mu    sync.Mutex
	asked []string
	fails string // code of an error
	extra []string
}

func (l *list) serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return server.URL
}

func (l *list) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var in struct {
		ServiceCode, FormatVersion, NextToken string
		Filters                               []struct{ Type, Field, Value string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("X-Amz-Target") != "AWSPriceListService.GetProducts" || in.FormatVersion != "aws_v1" {
		http.Error(w, "not expected", http.StatusTeapot)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	var values []string
	for _, f := range in.Filters {
		values = append(values, f.Value)
	}
	if in.NextToken == "" {
		l.asked = append(l.asked, strings.Join(values, " "))
	}
	if l.fails != "" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type":%q,"Message":"said by a test"}`, l.fails)
		return
	}
	var found []string
	for _, text := range append(l.extra, products...) {
		var p struct {
			ServiceCode string `json:"serviceCode"`
			Product     struct{ Attributes map[string]string }
		}
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			panic(err)
		}
		fits := p.ServiceCode == in.ServiceCode
		for _, f := range in.Filters {
			fits = fits && f.Type == "TERM_MATCH" && p.Product.Attributes[f.Field] == f.Value
		}
		if fits {
			found = append(found, text)
		}
	}
	from, _ := strconv.Atoi(in.NextToken)
	out := struct {
		FormatVersion string
		NextToken     string `json:",omitempty"`
		PriceList     []string
	}{FormatVersion: "aws_v1", PriceList: found[from:min(from+2, len(found))]}
	if from+2 < len(found) {
		out.NextToken = strconv.Itoa(from + 2)
	}
	json.NewEncoder(w).Encode(out)
}
