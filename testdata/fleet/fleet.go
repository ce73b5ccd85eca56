//go:build ignore

package main

import "fmt"

const (
	seoul    = "ap-northeast-2"
	virginia = "us-east-1"

	dev  = "111122223333"
	stg  = "222233334444"
	prod = "333344445555"
)

type account struct {
	name, number string
	resources    []resource
}

type resource interface {
	file() string
	where() string
	record(account, moment) any
}

// Times that many share, on the wall clock of Seoul.
const (
	mondayMorning = "2026-11-16 08:30:21" // started for the week
	fridayEvening = "2026-11-20 19:36:08" // stopped by offpeak
)

var accounts = []account{
	{"dev", dev, []resource{
		instance{name: "dev-order-api-1", class: "m5.large", tags: order + office, since: mondayMorning, stopped: fridayEvening},
		instance{name: "dev-order-api-2", class: "m5.large", tags: order + office, since: mondayMorning, stopped: fridayEvening},
		instance{name: "dev-web-1", class: "t3.medium", tags: web + "offpeak:schedule=mon-fri 09:00-19:00 Asia/Seoul", since: "2026-11-20 09:12:40", stopped: fridayEvening},
		instance{
			name: "dev-search-1", class: "r5.large", tags: search + "offpeak:schedule=mon-fri 09:00-12:00+13:00-18:00 sat 10:00-14:00 Asia/Seoul",
			since: "2026-11-20 08:55:03", stopped: "2026-11-21 14:00:33",
		},
		instance{name: "dev-batch-1", class: "c5.xlarge", tags: data + "offpeak:schedule=night-batch", down: "2026-11-20 06:04:11"},
		instance{name: "dev-jenkins", class: "m5.xlarge", tags: platform + "offpeak:schedule=running", since: "2026-09-02 11:20:09"},
		instance{name: "dev-legacy-was", class: "t3.large", tags: order + "offpeak:schedule=stopped", down: "2026-10-06 17:41:55"},
		instance{name: "dev-poc-gpu", class: "g4dn.xlarge", tags: search + office, since: "2026-11-17 13:05:47"},
		instance{name: "dev-old-image", class: "m3.medium", tags: order + office, since: "2024-05-02 10:00:00", instanceStoreRoot: true},
		instance{name: "dev-spot-crawler", class: "c5.large", tags: search + office, since: "2026-11-19 09:02:16", spot: true},
		instance{name: "dev-spot-ide", class: "m5.large", tags: platform + office, down: "2026-11-20 18:40:27", spot: true},
		instance{name: "dev-win-build", class: "m5.large", tags: platform + "offpeak:schedule=", since: mondayMorning, stopped: fridayEvening, windows: true, hibernates: true},
		instance{name: "dev-started-by-hand", class: "t3.small", tags: order + office, since: "2026-11-20 19:32:05", stopped: "2026-11-20 22:32:19"},
		instance{name: "dev-weekend-load", class: "c5.2xlarge", tags: platform + "offpeak:schedule=weekend-shift", since: "2026-11-20 18:00:14", stopped: "2026-11-23 08:00:12"},
		instance{name: "dev-stop-only", class: "t3.large", tags: data + "offpeak:schedule=stop-only", since: "2026-11-20 10:47:31", stopped: "2026-11-20 21:00:18"},
		instance{name: "dev-broken-hours", class: "t3.medium", tags: web + "offpeak:schedule=mon-fri 9-18", since: "2026-11-03 09:31:00"},
		instance{name: "dev-unknown-schedule", class: "t3.medium", tags: web + "offpeak:schedule=seoul-ofice", since: "2026-11-03 09:31:00"},
		instance{name: "dev-instance-scheduler", class: "m5.large", tags: order + "Schedule=office-hours", since: mondayMorning, stopped: fridayEvening},
		instance{name: "dev-custodian", class: "t3.large", tags: order + "maid_offhours=off=(M-F,19);on=(M-F,7);tz=Asia/Seoul", since: "2026-11-20 07:00:44", stopped: fridayEvening},
		instance{name: "dev-two-voices", class: "t3.medium", tags: web + office + " | Schedule=night-shift", since: mondayMorning},
		instance{name: "dev-two-voices-custodian", class: "t3.medium", tags: web + "offpeak:schedule=running | maid_offhours=off=(M-F,19);on=(M-F,7);tz=Asia/Seoul", since: mondayMorning},
		instance{name: "dev-release-rehearsal", class: "m5.large", tags: order + office + " | offpeak:override=running until 2026-11-21 02:00", since: mondayMorning, stopped: "2026-11-21 02:00:23"},
		instance{name: "dev-ignored", class: "t3.small", tags: platform + "offpeak:schedule=ignore", since: "2026-08-11 15:12:10"},
		instance{name: "dev-public-demo", class: "t3.small", tags: web + office, since: mondayMorning, stopped: fridayEvening, address: "203.0.113.25"},
		instance{name: "dev-bastion", class: "t3.micro", tags: "Owner=platform@example.com", since: "2026-03-02 10:12:44", address: "198.51.100.7", elastic: true},
		instance{name: "dev-scratch", class: "t3.micro", tags: "", since: "2026-11-18 14:22:31"},
		instance{name: "dev-nobodys", class: "t3.medium", tags: "Team=미정 | " + office, since: mondayMorning},
		instance{name: "dev-borrowed-by-stg", class: "t3.medium", tags: "Team=주문 | Environment=검증 | Stage=dev | Owner=hong@example.com | " + office, since: mondayMorning},
		instance{name: "dev-shop-web-1", class: "t3.medium", tags: web + office + groupTag + "dev-shop-web", since: "2026-11-16 08:31:02", stopped: "gone"},
		instance{name: "dev-shop-web-2", class: "t3.medium", tags: web + office + groupTag + "dev-shop-web", since: "2026-11-16 08:31:02", stopped: "gone"},
		instance{name: "dev-warm-checkout-1", class: "m5.large", tags: order + office + groupTag + "dev-warm-checkout", since: "2026-11-09 08:32:10"},
		instance{name: "dev-admin-1", class: "t3.small", tags: web + beanstalk + groupTag + beanstalkGroup, since: "2026-10-28 16:02:33"},
		instance{name: "eks-dev-node-1", class: "m5.xlarge", tags: node, since: "2026-11-12 02:14:50"},
		instance{name: "eks-dev-node-2", class: "m5.xlarge", tags: node, since: "2026-11-12 02:14:50"},
		instance{name: "dev-terminated", class: "t3.micro", tags: web + office, down: "2026-11-20 19:03:37", terminated: true, fridayOnly: true},
		instance{name: "dev-use1-loadtest", class: "c5.large", tags: platform + office, region: virginia, since: mondayMorning, stopped: fridayEvening},
		instance{
			name: "dev-use1-proxy", class: "t3.small", tags: search + "offpeak:schedule=mon-fri 09:00-18:00 America/New_York", region: virginia,
			down: "2026-11-20 08:00:21", downAgain: "2026-11-21 08:00:17",
		},

		group{
			name: "dev-shop-web", tags: web + office + " | offpeak:group=shop | offpeak:order=2", class: "t3.medium", members: []string{"dev-shop-web-1", "dev-shop-web-2"},
			least: 2, most: 4, closes: true,
		},
		group{name: "eks-dev-ng-1-7ac1e2d0", tags: nodeGroup, class: "m5.xlarge", members: []string{"eks-dev-node-1", "eks-dev-node-2"}, least: 2, most: 5},
		group{name: "dev-batch-workers", tags: data + "offpeak:schedule=night-batch", class: "c5.large", most: 10},
		group{name: "dev-warm-checkout", tags: order + office, class: "m5.large", members: []string{"dev-warm-checkout-1"}, least: 1, most: 3, warm: true},
		group{
			name: "awseb-e-k3mzp9-stack-AWSEBAutoScalingGroup", tags: web + office + " | elasticbeanstalk:environment-name=dev-admin", class: "t3.small",
			members: []string{"dev-admin-1"}, least: 1, most: 1,
		},

		database{name: "dev-shop-db", engine: "postgres", class: "db.t3.medium", tags: order + office + " | offpeak:group=shop | offpeak:order=1", closes: true},
		database{name: "dev-orders", engine: "mysql", class: "db.t3.medium", tags: order + office, replicas: []string{"dev-orders-ro"}},
		database{name: "dev-orders-ro", engine: "mysql", class: "db.t3.medium", tags: order + office, source: "dev-orders"},
		database{name: "dev-erp", engine: "sqlserver-se", class: "db.m5.large", tags: order + office, several: true},
		database{name: "dev-aurora-1", engine: "aurora-postgresql", class: "db.r6g.large", tags: search + office, cluster: "dev-aurora", closes: true},
		database{name: "dev-aurora-2", engine: "aurora-postgresql", class: "db.r6g.large", tags: search + office, cluster: "dev-aurora", closes: true},
		database{name: "dev-catalog-1", engine: "docdb", class: "db.t3.medium", tags: search, cluster: "dev-catalog", closes: true},
		database{name: "dev-ledger-1", engine: "postgres", class: "db.m6gd.large", tags: order, cluster: "dev-ledger"},
		database{name: "dev-ledger-2", engine: "postgres", class: "db.m6gd.large", tags: order, cluster: "dev-ledger"},
		database{name: "dev-ledger-3", engine: "postgres", class: "db.m6gd.large", tags: order, cluster: "dev-ledger"},

		cluster{name: "dev-aurora", engine: "aurora-postgresql", mode: "provisioned", tags: search + office, members: []string{"dev-aurora-1", "dev-aurora-2"}, closes: true},
		cluster{name: "dev-catalog", engine: "docdb", mode: "provisioned", tags: search + "offpeak:schedule=mon-fri 09:00-19:00 Asia/Seoul", members: []string{"dev-catalog-1"}, closes: true},
		cluster{name: "dev-survey", engine: "aurora-mysql", mode: "serverless", tags: web + office},
		cluster{name: "dev-ledger", engine: "postgres", mode: "provisioned", tags: order + office, class: "db.m6gd.large", members: []string{"dev-ledger-1", "dev-ledger-2", "dev-ledger-3"}},

		service{name: "dev-shop-api", in: "dev-shop", tags: order + office + " | offpeak:group=shop | offpeak:order=3", count: 2, closes: true},
		service{name: "dev-shop-worker", in: "dev-shop", tags: order + "offpeak:schedule=mon-fri 09:00-12:00+13:00-18:00 sat 10:00-14:00 Asia/Seoul", count: 1, closes: true, closesAt: "2026-11-21 14:00:52"},
		service{name: "dev-log-agent", in: "dev-shop", tags: platform + office, count: 2, daemon: true},
		service{name: "dev-coupon", in: "dev-shop", tags: order + office, count: 2, rolling: true, closes: true},
		service{name: "dev-notify", in: "dev-shop", tags: web + office, count: 1, controller: "CODE_DEPLOY"},
		service{name: "dev-untagged", in: "dev-shop", tags: "", count: 1},
	}},
	{"stg", stg, []resource{
		instance{name: "stg-order-api-1", class: "m5.large", tags: stgOrder + office, since: mondayMorning, stopped: fridayEvening},
		instance{name: "stg-order-api-2", class: "m5.large", tags: stgOrder + office, since: mondayMorning, stopped: fridayEvening},
		instance{name: "stg-pay-1", class: "m5.xlarge", tags: stgPay + "offpeak:schedule=mon-fri 09:00-19:00 Asia/Seoul", since: mondayMorning, stopped: fridayEvening},
		instance{name: "stg-night-recon", class: "c5.xlarge", tags: stgPay + "offpeak:schedule=night-batch", down: "2026-11-20 06:00:29"},
		instance{name: "stg-pentest", class: "t3.large", tags: stgPay + office + " | offpeak:override=stopped until 2026-12-01", down: "2026-11-13 18:20:00"},
		instance{name: "stg-shop-web-1", class: "t3.large", tags: stgOrder + office + groupTag + "stg-shop-web", since: "2026-11-16 08:31:20", stopped: "gone"},
		group{name: "stg-shop-web", tags: stgOrder + office, class: "t3.large", members: []string{"stg-shop-web-1"}, least: 1, most: 2, closes: true},
		database{name: "stg-orders", engine: "mysql", class: "db.m5.large", tags: stgOrder + office, several: true, closes: true},
		database{name: "stg-pay-aurora-1", engine: "aurora-mysql", class: "db.r6g.large", tags: stgPay, cluster: "stg-pay-aurora", closes: true},
		cluster{name: "stg-pay-aurora", engine: "aurora-mysql", mode: "provisioned", tags: stgPay + office, members: []string{"stg-pay-aurora-1"}, closes: true},
		service{name: "stg-gateway", in: "stg-shop", tags: stgPay + office, count: 2, closes: true},
		service{name: "stg-settlement", in: "stg-shop", tags: stgPay + "offpeak:schedule=running", count: 1},
	}},
	{"prod", prod, []resource{
		instance{name: "prod-order-api-1", class: "m5.xlarge", tags: prodOrder + office, since: "2026-10-14 03:10:08"},
		instance{name: "prod-order-api-2", class: "m5.xlarge", tags: prodOrder, since: "2026-10-14 03:12:51"},
		instance{name: "prod-batch-1", class: "c5.xlarge", tags: "Team=정산 | Environment=prod | Owner=settle@example.com | offpeak:schedule=night-batch", since: "2026-11-19 22:00:35"},
		instance{name: "prod-shop-web-1", class: "m5.large", tags: prodOrder + groupTag[3:] + "prod-shop-web", since: "2026-11-18 12:00:41"},
		instance{name: "prod-shop-web-2", class: "m5.large", tags: prodOrder + groupTag[3:] + "prod-shop-web", since: "2026-11-18 12:00:41"},
		instance{name: "prod-shop-web-3", class: "m5.large", tags: prodOrder + groupTag[3:] + "prod-shop-web", since: "2026-11-20 18:47:09"},
		group{name: "prod-shop-web", tags: prodOrder, class: "m5.large", members: []string{"prod-shop-web-1", "prod-shop-web-2", "prod-shop-web-3"}, least: 3, most: 12, protected: 1},
		database{name: "prod-aurora-1", engine: "aurora-postgresql", class: "db.r6g.large", tags: prodOrder, cluster: "prod-aurora"},
		database{name: "prod-aurora-2", engine: "aurora-postgresql", class: "db.r6g.large", tags: prodOrder, cluster: "prod-aurora"},
		cluster{name: "prod-aurora", engine: "aurora-postgresql", mode: "provisioned", tags: prodOrder + office, members: []string{"prod-aurora-1", "prod-aurora-2"}, global: "orders-global"},
		service{name: "prod-gateway", in: "prod-shop", tags: prodOrder + "offpeak:schedule=", count: 6},
	}},
}

// Tags that many share. Each ends where the next may follow.
const (
	order    = "Team=주문 | Environment=개발 | Owner=hong@example.com | "
	web      = "Team=웹 | Environment=dev | Owner=kim.minji@example.com | "
	search   = "Team=검색 | Environment=개발 | Owner=lee.jh@example.com | "
	data     = "Team=데이터 | Environment=development | Owner=data-team@example.com | "
	platform = "Team=플랫폼 | Environment=dev | Owner=platform@example.com | "

	stgOrder  = "Team=주문 | Environment=검증 | Owner=hong@example.com | "
	stgPay    = "Team=결제 | Environment=stg | Owner=pay-oncall@example.com | "
	prodOrder = "Team=주문 | Environment=운영 | Owner=hong@example.com | "

	beanstalk      = office + " | elasticbeanstalk:environment-name=dev-admin"
	beanstalkGroup = "awseb-e-k3mzp9-stack-AWSEBAutoScalingGroup"

	office    = "offpeak:schedule=seoul-office"
	groupTag  = " | aws:autoscaling:groupName="
	nodeGroup = "Team=플랫폼 | Environment=dev | offpeak:schedule=seoul-office | eks:cluster-name=dev | eks:nodegroup-name=ng-1 | k8s.io/cluster-autoscaler/enabled=true | kubernetes.io/cluster/dev=owned"
	node      = nodeGroup + groupTag + "eks-dev-ng-1-7ac1e2d0"
)

func arn(service string, a account, region, rest string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, a.number, rest)
}
