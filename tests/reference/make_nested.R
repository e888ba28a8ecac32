# Nested random effects by lme4, nlme and lmerTest: writes nested_data.csv and nested_r.csv.
# Rscript make_nested.R, in this folder.
library(lme4); library(lmerTest); library(nlme)
set.seed(20240601)
arms <- c("v", "a", "b", "ab"); days <- 0:6 * 3
d <- expand.grid(day = days, mouse = 1:4, cage = 1:4, arm = arms, stringsAsFactors = FALSE)
d$cage <- paste0(d$arm, d$cage); d$animal <- paste0(d$cage, "_", d$mouse)
d$sex <- ifelse(d$mouse %% 2 == 0, "f", "m")
rate <- c(v = 0.15, a = 0.12, b = 0.13, ab = 0.06)
ci <- rnorm(16, 0, 0.25); cs <- rnorm(16, 0, 0.025); names(ci) <- names(cs) <- unique(d$cage)
ai <- rnorm(64, 0, 0.2); as <- rnorm(64, 0, 0.02); names(ai) <- names(as) <- unique(d$animal)
d$y <- 4 + ci[d$cage] + ai[d$animal] + 0.3 * (d$sex == "m") +
  (rate[d$arm] + cs[d$cage] + as[d$animal]) * d$day + rnorm(nrow(d), 0, 0.15)
d$male <- as.numeric(d$sex == "m") - 0.5
for (a in arms) d[[paste0("t_", a)]] <- d$day * (d$arm == a)
d <- d[!(d$day > 12 & d$mouse == 1 & d$arm == "v"), ]
write.csv(d[, c("arm", "cage", "animal", "sex", "day", "y")], "nested_data.csv", row.names = FALSE)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e6))
out <- data.frame()
row <- function(fit, model, name, value) {
  out <<- rbind(out, data.frame(model = model, name = name, value = value))
}
take <- function(model, formula) {
  # Restarted from its own optimum, so that the optimiser's tolerance is not the reference's.
  fit <- lmer(formula, d, control = control)
  for (k in 1:3) fit <- update(fit, start = getME(fit, "theta"))
  vc <- as.data.frame(VarCorr(fit))
  for (i in seq_len(nrow(vc))) row(fit, model, paste("vc", vc$grp[i], vc$var1[i], vc$var2[i]), vc$vcov[i])
  s <- summary(fit)$coefficients
  for (n in rownames(s)) { row(fit, model, paste("beta", n), s[n, 1]); row(fit, model, paste("se", n), s[n, 2]); row(fit, model, paste("df", n), s[n, 3]) }
  L <- setNames(rep(0, nrow(s)), rownames(s)); L[c("t_ab", "t_a", "t_b", "t_v")] <- c(1, -1, -1, 1)
  k <- contest1D(fit, L)
  row(fit, model, "bliss value", k$Estimate); row(fit, model, "bliss se", k$`Std. Error`); row(fit, model, "bliss df", k$df)
  row(fit, model, "loglik", as.numeric(logLik(fit)))
}
base <- "y ~ t_v + t_a + t_b + t_ab"
take("slope", as.formula(paste(base, "+ (0 + day | cage) + (day | animal)")))
take("both", as.formula(paste(base, "+ (day | cage) + (day | animal)")))
take("covariate", as.formula(paste(base, "+ male + male:day + (day | cage) + (day | animal)")))
nl <- lme(y ~ t_v + t_a + t_b + t_ab, d, random = list(cage = ~day, animal = ~day),
          control = lmeControl(opt = "optim", msMaxIter = 2000, reltol = 1e-14, maxIter = 500, msTol = 1e-12))
s <- summary(nl)$tTable
for (n in rownames(s)) row(nl, "nlme", paste("se", n), s[n, 2])
row(nl, "nlme", "loglik", as.numeric(logLik(nl)))
out$value <- format(out$value, digits = 15)
write.csv(out, "nested_r.csv", row.names = FALSE, quote = FALSE)
