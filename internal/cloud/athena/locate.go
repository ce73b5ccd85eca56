package athena

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"

	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// catalogue is the Glue catalogue of the account, as Athena calls it.
const catalogue = "AwsDataCatalog"

// Locate tells where the bill is published over which a table of FOCUS 1.2 was declared, by what the catalogue says of the table. It takes
// athena:GetTableMetadata on the catalogue and glue:GetTable on the table.
func Locate(ctx context.Context, a *cloud.Access, region fleet.Region, database, table string) (Place, error) {
	client := athena.NewFromConfig(a.Config(fleet.Scope{Region: region}))
	out, err := client.GetTableMetadata(ctx, &athena.GetTableMetadataInput{CatalogName: aws.String(catalogue), DatabaseName: &database, TableName: &table})
	if err != nil {
		err = cloud.Classify(err)
		if failure.Of(err) == failure.Denied {
			return Place{}, fmt.Errorf("look at the table %s.%s: it takes athena:GetTableMetadata and glue:GetTable: %w", database, table, err)
		}
		if strings.Contains(err.Error(), "EntityNotFound") { // Athena has no code for it
			err = &failure.Error{Class: failure.Gone, Err: err, Remedy: "name a table that is there: the Glue console lists those of the database " + database}
		}
		return Place{}, fmt.Errorf("look at the table %s.%s in %s: check its name and the region, and that the hub was deployed with reports for this payer: %w",
			database, table, client.Options().Region, err)
	}
	var template string
	if out.TableMetadata != nil {
		template = out.TableMetadata.Parameters["storage.location.template"]
	}
	location, ours := strings.CutSuffix(template, "/"+folderOf(export.FOCUS)+"/"+query.Folder("${v}", "${billing_period}"))
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(location, "s3://"), "/")
	if !ours || !strings.HasPrefix(location, "s3://") || bucket == "" {
		return Place{}, fmt.Errorf("the table %s.%s is none over published versions of FOCUS 1.2, as a hub with reports declares them (its storage.location.template is %q): name focus_ and the payer's account",
			database, table, template)
	}
	return Place{Bucket: bucket, Prefix: prefix, Region: region}, nil
}
