# Mixed model of log body weight: common mean at baseline, then a mean for each visit of each arm, random
# intercept and slope, REML (constrained longitudinal data analysis). Contrasts at day 19.
suppressMessages({library(nlme); library(lmerTest)})
here <- commandArgs(TRUE)[1]
d <- read.csv(file.path(here, "weights_data.csv"))
arms <- c("vehicle", "ici", "molecule", "both")
d$t <- d$day - min(d$day)
cells <- unique(d[d$t > 0, c("arm", "t")])
X <- cbind(1, sapply(seq_len(nrow(cells)), function(k) d$arm == cells$arm[k] & d$t == cells$t[k]))
d$y <- log(d$weight_g)
d$X <- X
at <- function(a) c(0, as.numeric(cells$arm == a & cells$t == 12))
L <- list(
  change_vehicle = at("vehicle"), change_both = at("both"),
  Q1 = at("both") - at("vehicle"), Q2 = at("both") - at("ici"), Q3 = at("both") - at("molecule"),
  Q4 = at("both") - at("ici") - at("molecule") + at("vehicle"))
m <- lmer(y ~ 0 + X + (1 + t | animal), d, REML = TRUE,
          control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5)))
n <- lme(y ~ 0 + X, d, random = ~ t | animal, method = "REML",
         control = lmeControl(msMaxIter = 500, msTol = 1e-12, tolerance = 1e-12, opt = "optim",
                              optimMethod = "BFGS", returnObject = TRUE))
rows <- do.call(rbind, lapply(names(L), function(q) {
  k <- contest1D(m, L[[q]], ddf = "Kenward-Roger")
  l <- L[[q]]
  data.frame(quantity = q, kr_estimate = k$Estimate, kr_se = k$`Std. Error`, kr_df = k$df, kr_p = k$`Pr(>|t|)`,
             nlme_estimate = sum(l * fixef(n)), nlme_se = sqrt(drop(t(l) %*% vcov(n) %*% l)))
}))
rows$nlme_loglik <- as.numeric(logLik(n))
# Animal summaries with base R: lowest change, and Welch's test of both v vehicle.
base <- d[d$t == 0, ]
d$change <- d$weight_g / base$weight_g[match(d$animal, base$animal)] - 1
low <- aggregate(change ~ animal + arm, d[d$t > 0 & d$t <= 12, ], min)
w <- t.test(low$change[low$arm == "both"], low$change[low$arm == "vehicle"])
one <- t.test(low$change[low$arm == "both"])
extra <- rows[1:2, ]; extra[, -1] <- NA
extra$quantity <- c("nadir_both", "nadir_difference")
extra$kr_estimate <- c(one$estimate, w$estimate[1] - w$estimate[2])
extra$kr_se <- c(one$stderr, w$stderr); extra$kr_df <- c(one$parameter, w$parameter)
extra$kr_p <- c(NA, w$p.value)
write.csv(rbind(rows, extra), file.path(here, "weights.csv"), row.names = FALSE)
