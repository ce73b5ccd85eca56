package zone

// abbreviations holds what people mean by the letters that their clocks show. Those that are IANA names themselves (EST, MST, HST,
// CET, EET, MET, WET, GMT, UTC) are accepted as they are and not here.
var abbreviations = map[string][]string{
	"KST": {"Asia/Seoul"}, "KDT": {"Asia/Seoul"}, "JST": {"Asia/Tokyo"},
	"IST": {"Asia/Kolkata", "Europe/Dublin"}, "CST": {"America/Chicago", "Asia/Shanghai"},
	"HKT": {"Asia/Hong_Kong"}, "SGT": {"Asia/Singapore"}, "MYT": {"Asia/Kuala_Lumpur"}, "PHT": {"Asia/Manila"},
	"ICT": {"Asia/Bangkok"}, "WIB": {"Asia/Jakarta"}, "PKT": {"Asia/Karachi"}, "GST": {"Asia/Dubai"},
	"IDT": {"Asia/Jerusalem"}, "TRT": {"Europe/Istanbul"}, "MSK": {"Europe/Moscow"},
	"BST": {"Europe/London"}, "WEST": {"Europe/Lisbon"}, "CEST": {"Europe/Berlin"}, "MEZ": {"Europe/Berlin"},
	"MESZ": {"Europe/Berlin"}, "EEST": {"Europe/Athens"}, "Z": {"UTC"},
	"ET": {"America/New_York"}, "EDT": {"America/New_York"}, "CT": {"America/Chicago"}, "CDT": {"America/Chicago"},
	"MT": {"America/Denver"}, "MDT": {"America/Denver"}, "PT": {"America/Los_Angeles"}, "PST": {"America/Los_Angeles"},
	"PDT": {"America/Los_Angeles"}, "AKST": {"America/Anchorage"}, "AKDT": {"America/Anchorage"},
	"HDT": {"America/Adak"}, "AST": {"America/Halifax"}, "ADT": {"America/Halifax"}, "NST": {"America/St_Johns"},
	"NDT": {"America/St_Johns"}, "BRT": {"America/Sao_Paulo"}, "ART": {"America/Argentina/Buenos_Aires"},
	"SAST": {"Africa/Johannesburg"}, "EAT": {"Africa/Nairobi"}, "WAT": {"Africa/Lagos"}, "CAT": {"Africa/Maputo"},
	"AEST": {"Australia/Sydney", "Australia/Brisbane"}, "AEDT": {"Australia/Sydney"}, "ACST": {"Australia/Adelaide", "Australia/Darwin"},
	"ACDT": {"Australia/Adelaide"}, "AWST": {"Australia/Perth"}, "NZST": {"Pacific/Auckland"}, "NZDT": {"Pacific/Auckland"},
}

// places holds countries and large cities that give no zone its name, folded; AWS Regions' cities among them.
var places = map[string]string{
	"korea": "Asia/Seoul", "southkorea": "Asia/Seoul", "busan": "Asia/Seoul", "한국": "Asia/Seoul", "대한민국": "Asia/Seoul", "서울": "Asia/Seoul",
	"asia/busan": "Asia/Seoul", "asia/korea": "Asia/Seoul", "asia/osaka": "Asia/Tokyo", "osaka": "Asia/Tokyo", "도쿄": "Asia/Tokyo", "일본": "Asia/Tokyo",
	"china": "Asia/Shanghai", "beijing": "Asia/Shanghai", "asia/beijing": "Asia/Shanghai", "shenzhen": "Asia/Shanghai",
	"india": "Asia/Kolkata", "mumbai": "Asia/Kolkata", "asia/mumbai": "Asia/Kolkata", "delhi": "Asia/Kolkata", "newdelhi": "Asia/Kolkata",
	"asia/delhi": "Asia/Kolkata", "hyderabad": "Asia/Kolkata", "bangalore": "Asia/Kolkata", "bengaluru": "Asia/Kolkata",
	"vietnam": "Asia/Ho_Chi_Minh", "hanoi": "Asia/Ho_Chi_Minh", "asia/hanoi": "Asia/Ho_Chi_Minh", "thailand": "Asia/Bangkok", "uae": "Asia/Dubai",
	"germany": "Europe/Berlin", "frankfurt": "Europe/Berlin", "europe/frankfurt": "Europe/Berlin", "munich": "Europe/Berlin",
	"europe/munich": "Europe/Berlin", "hamburg": "Europe/Berlin", "uk": "Europe/London", "england": "Europe/London",
	"ireland": "Europe/Dublin", "france": "Europe/Paris", "spain": "Europe/Madrid", "italy": "Europe/Rome", "milan": "Europe/Rome",
	"europe/milan": "Europe/Rome", "geneva": "Europe/Zurich", "switzerland": "Europe/Zurich",
	"sanfrancisco": "America/Los_Angeles", "seattle": "America/Los_Angeles", "siliconvalley": "America/Los_Angeles", "oregon": "America/Los_Angeles",
	"california": "America/Los_Angeles", "america/sanfrancisco": "America/Los_Angeles", "america/seattle": "America/Los_Angeles",
	"washington": "America/New_York", "boston": "America/New_York", "virginia": "America/New_York", "america/boston": "America/New_York",
	"ohio": "America/New_York", "dallas": "America/Chicago", "texas": "America/Chicago", "canberra": "Australia/Sydney",
	"capetown": "Africa/Johannesburg",
}

// offsets holds one well-known zone for each standard offset, in minutes east of Greenwich.
var offsets = map[int]string{
	-660: "Pacific/Pago_Pago", -600: "Pacific/Honolulu", -540: "America/Anchorage", -480: "America/Los_Angeles", -420: "America/Denver",
	-360: "America/Chicago", -300: "America/New_York", -240: "America/Halifax", -210: "America/St_Johns", -180: "America/Sao_Paulo",
	-120: "America/Noronha", -60: "Atlantic/Azores", 60: "Europe/Berlin", 120: "Europe/Athens", 180: "Europe/Moscow",
	210: "Asia/Tehran", 240: "Asia/Dubai", 270: "Asia/Kabul", 300: "Asia/Karachi", 330: "Asia/Kolkata", 345: "Asia/Kathmandu",
	360: "Asia/Dhaka", 390: "Asia/Yangon", 420: "Asia/Bangkok", 480: "Asia/Singapore", 540: "Asia/Seoul", 570: "Australia/Adelaide",
	600: "Australia/Sydney", 630: "Australia/Lord_Howe", 660: "Pacific/Noumea", 720: "Pacific/Auckland", 765: "Pacific/Chatham",
	780: "Pacific/Tongatapu", 840: "Pacific/Kiritimati",
}
