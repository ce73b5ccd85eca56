CREATE EXTERNAL TABLE IF NOT EXISTS `billing`.`focus` (
  `billingperiodstart` timestamp,
  `chargeperiodstart` timestamp,
  `billedcost` double,
  `consumedquantity` double,
  `contractedcost` double,
  `contractedunitprice` double,
  `effectivecost` double,
  `listcost` double,
  `listunitprice` double,
  `pricingquantity` double,
  `availabilityzone` string,
  `billingaccountid` string,
  `billingcurrency` string,
  `chargecategory` string,
  `chargeclass` string,
  `commitmentdiscountcategory` string,
  `commitmentdiscountid` string,
  `commitmentdiscountstatus` string,
  `invoiceid` string,
  `pricingcategory` string,
  `pricingunit` string,
  `regionid` string,
  `resourceid` string,
  `servicecategory` string,
  `servicename` string,
  `skuid` string,
  `skumeter` string,
  `subaccountid` string,
  `tags` map<string,string>
)
PARTITIONED BY (`v` string, `billing_period` string)
STORED AS PARQUET
LOCATION 's3://bill/payer/focus/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.v.type' = 'injected',
  'projection.billing_period.type' = 'injected',
  'storage.location.template' = 's3://bill/payer/focus/v=${v}/BILLING_PERIOD=${billing_period}/'
)
