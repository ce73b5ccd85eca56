package policy

// Keys are the keys that the reader knows, by the definition of the schema that describes the same mapping; "" is the policy itself.
func Keys() map[string][]string {
	return map[string][]string{
		"":             policyFields.keys(),
		"environment":  environmentFields.keys(),
		"calendar":     calendarFields.keys(),
		"schedule":     scheduleFields.keys(),
		"period":       periodFields.keys(),
		"tags":         tagsFields.keys(),
		"custodian":    custodianFields.keys(),
		"guards":       guardFields.keys(),
		"spot":         spotFields.keys(),
		"profile":      profileFields.keys(),
		"tenant":       tenantFields.keys(),
		"recipient":    recipientFields.keys(),
		"report":       reportFields.keys(),
		"currency":     currencyFields.keys(),
		"price":        priceFields.keys(),
		"where":        accountsFields.keys(),
		"organization": organizationFields.keys(),
		"outside":      outsideFields.keys(),
	}
}
