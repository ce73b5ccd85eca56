package permit

// reading is what it takes to write and to verify a report by hand: the function's reports, the bill as AWS delivers it, and as it is published for Athena.
// Ledger and baselines are the hub's own, which all people read.
func (h Hub) reading() []Statement {
	if !h.Reports {
		return nil
	}
	return append([]Statement{
		{
			Sid: "Bills", Effect: Allow, Actions: []string{"s3:GetObject"}, Resources: []string{shelf + "/*", bill + "/*", exports + "/*"},
			Why: "reports and receipts of mails; published bills and what Athena answers; what AWS delivers",
		},
		{Sid: "Deliveries", Effect: Allow, Actions: []string{"s3:ListBucket"}, Resources: []string{shelf, bill, exports}, Why: "which reports, deliveries and versions of the bill there are"},
		{Sid: "Answers", Effect: Allow, Actions: []string{"s3:PutObject"}, Resources: []string{bill + "/results/*"}, Why: "what Athena answers, which it writes in the caller's name"},
		{
			Sid: "Table", Effect: Allow, Actions: []string{"athena:GetTableMetadata"}, Resources: []string{"arn:${AWS::Partition}:athena:" + hubOwn + "datacatalog/AwsDataCatalog"},
			Why: "where the bill is published over which a table lies; Athena asks the catalogue in the caller's name, and tells of no other table than that lets be seen",
		},
	}, asking()...)
}

// answered is what it takes, beside decrypting, for Athena to write an answer under the hub's key: in the bucket of published bills alone. S3 names to the key
// the bucket, or without a bucket key the object.
func (h Hub) answered() []Statement {
	if !h.Reports || !h.Key {
		return nil
	}
	return []Statement{{
		Sid: "Answered", Effect: Allow, Actions: []string{"kms:GenerateDataKey"}, Resources: []string{key},
		Conditions: []Condition{
			{"StringLike", "kms:ViaService", []string{"s3.*.${AWS::URLSuffix}"}},
			{"ArnLike", "kms:EncryptionContext:aws:s3:arn", []string{bill, bill + "/results/*"}},
		},
		Why: "what Athena answers is encrypted in the caller's name",
	}}
}
